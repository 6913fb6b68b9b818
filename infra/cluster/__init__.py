"""What makes machines a cluster: members that join, stay as wanted, and leave."""
