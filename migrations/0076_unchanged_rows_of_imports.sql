-- Of the rows of an import whose contact was there: those that added nothing. Of imports before this nobody knows.
ALTER TABLE imports ADD COLUMN unchanged INTEGER NOT NULL DEFAULT 0 CHECK (unchanged >= 0);
