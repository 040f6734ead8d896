-- What is looked for at every turn is found without reading all that was ever posted. Each is a part of its table that stays
-- small, or holds all that is asked of it.

-- What a courier may have to do something about.
create index message_open on message (workspace, key) where state in ('wanted', 'sending', 'doubtful') or recheck_at is not null;
-- Dead ones that nobody has looked over.
create index message_unlooked on message (workspace, key) where state = 'dead' and trouble = '';
-- The latest check-in of each person in each team, and the huddles that are under way.
create index check_in_current on check_in (workspace, closes_at) where superseded = 0;
create index huddle_gathering on huddle (workspace, digest_at) where state = 'gathering';
create index check_in_snoozed on check_in (workspace, state, snooze_at) where snooze_at is not null;
-- For the figures: why messages are dead, and how many check-ins are in which state.
create index message_why_dead on message (workspace, last_error, last_try_at, due_at) where state = 'dead';
create index check_in_state on check_in (workspace, state, reason);
-- How often somebody has taken a stuck.
create index journal_taken on journal (workspace, actor, at) where what = 'taken';
-- On which lists a priority stands, and so for how many shifts: nothing else of it is read.
drop index listed_priority;
create index listed_priority on listed (workspace, priority, check_in);
-- The line that a taken stuck has on its taker's list.
drop index priority_stuck;
create index priority_stuck on priority (workspace, stuck, person, id);
-- Whether a team has met before, and which huddles a digest says were not held.
create index huddle_of_team on huddle (workspace, team, state, opened_at);
create index huddle_told on huddle (workspace, told_in, team);
