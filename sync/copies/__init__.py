"""What somebody is told who asks what is held about them: when it is due, what the school decides, the copy."""
