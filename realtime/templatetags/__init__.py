"""What templates write money and moments with."""
