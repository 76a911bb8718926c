"""The daily report's facts: what is computed of a day, a week or a month before anything is drawn."""
