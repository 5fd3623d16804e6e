"""Made meetings, tutorials, news shows and lectures, and questions about them as strangers ask them."""
