"""Requirements on people's sessions."""
