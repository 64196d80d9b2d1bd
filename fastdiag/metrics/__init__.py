"""From raw vectors to readings: one meaning for a metric, whoever delivers it. Pure."""
