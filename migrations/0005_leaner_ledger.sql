-- No question was ever asked of this index, and every hold, settle and release paid for it.

DROP INDEX ledger_by_campaign;
