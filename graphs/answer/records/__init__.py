"""What records tell by themselves: times, counts, orders, quotations, options, and which of them support a sentence."""
