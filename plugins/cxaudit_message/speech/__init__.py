"""What is said in conversations, and how."""
