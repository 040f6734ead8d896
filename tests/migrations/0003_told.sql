insert into huddle (workspace, id, team, shift, date, opened_at, digest_at, state, reason, told_in)
    values ('T1', 'h0', 'tier-1', 'early', '2026-05-15', 0, 1, 'skipped', 'not posted in time', 'h1');
