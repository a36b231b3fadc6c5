"""What all commands share: arguments, exit statuses, the printing of results and refusals, aligned text."""
