-- What is asked for at every look into a folder, and whenever its trigger is shown.
DROP INDEX trigger_files_by_time;
CREATE INDEX trigger_files_by_time ON trigger_files (trigger_id, coalesce(moved_at, began_at));
CREATE INDEX trigger_files_unmoved ON trigger_files (trigger_id) WHERE moved_at IS NULL;
