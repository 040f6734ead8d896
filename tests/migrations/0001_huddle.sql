-- A row of each table as the first migration left it.
insert into workspace (workspace, bot_user, name) values ('T1', 'U0BOT', 'Corner Shop');
insert into team (workspace, id, name, channel, zone, kept_in) values ('T1', 'tier-1', 'Tier 1', 'C0SUPPORT', 'America/New_York', 'file');
insert into person (workspace, id, name, zone, dm_channel) values ('T1', 'U0ANA', 'Ana', 'America/New_York', 'D0ANA');
insert into member (workspace, team, person, role) values ('T1', 'tier-1', 'U0ANA', 'agent');
insert into shift (workspace, id, team, name, starts, zone, minutes, collect_ms, owes_from)
    values ('T1', 'early', 'tier-1', 'Early', '0 6 * * Mon-Fri', '', 480, 900000, 1);
insert into roster (workspace, shift, person, place, since_at) values ('T1', 'early', 'U0ANA', 0, 1);
insert into huddle (workspace, id, team, shift, date, opened_at, digest_at, posted_at, state)
    values ('T1', 'h1', 'tier-1', 'early', '2026-05-18', 1, 2, 2, 'posted');
insert into check_in (workspace, id, team, shift, huddle, person, date, place, starts_at, ends_at, closes_at, state, answered_at)
    values ('T1', 'c1', 'tier-1', 'early', 'h1', 'U0ANA', '2026-05-18', 0, 1, 9, 2, 'answered', 2);
insert into away (workspace, person, date) values ('T1', 'U0ANA', '2026-05-19');
insert into said (workspace, channel, ts, check_in, run, text) values ('T1', 'D0ANA', '1.000001', 'c1', 2, 'clear the backlog');
insert into pressed (workspace, check_in, action_ts, what) values ('T1', 'c1', '1.000002', 'stuck');
insert into priority (workspace, id, team, person, check_in, text, position)
    values ('T1', 'p1', 'tier-1', 'U0ANA', 'c1', 'clear the backlog', 0);
insert into listed (workspace, check_in, priority, position) values ('T1', 'c1', 'p1', 0);
insert into stuck (workspace, id, team, huddle, check_in, asker, place, what, size, raised_at, state, taker, taken_at, due_at)
    values ('T1', 's1', 'tier-1', 'h1', 'c1', 'U0ANA', 0, 'the refund tool says 403', 'more', 2, 'taken', 'U0BEN', 3, 9);
insert into journal (workspace, id, at, actor, subject, what) values ('T1', 'j1', 3, 'U0BEN', 's1', 'taken');
insert into message (workspace, key, root, kind, subject, place, class, state, channel, ts, due_at, expires_at, next_at)
    values ('T1', 'prompt:c1', 'prompt:c1', 'prompt', 'c1', 'U0ANA', 2, 'shown', 'D0ANA', '1.000000', 1, 9, 1);
insert into pace (workspace, what, free_at) values ('T1', 'chat.postMessage', 1);
insert into seen (workspace, id, at) values ('T1', 'Ev1', 1);
