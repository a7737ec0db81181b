-- Where the customer's bank sends them back to: a parameter of the attempt,
-- which is the same on every try, as its key is.
ALTER TABLE attempts ADD COLUMN return_url TEXT;
