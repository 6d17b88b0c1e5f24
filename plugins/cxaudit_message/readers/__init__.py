"""Readers of exports of help desks, mailboxes and transcripts."""
