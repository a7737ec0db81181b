-- The page of drafts at which the look for strays goes on; NULL: the first.
ALTER TABLE mailboxes ADD COLUMN sweep_page TEXT;
