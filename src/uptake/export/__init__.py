"""What an arm was trained on and what it became, in the forms that other tools read, with a card that says so."""
