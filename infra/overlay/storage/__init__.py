"""Storage: the homes of people, mounted from the storage machine by NFS."""
