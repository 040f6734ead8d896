insert into message (workspace, key, root, kind, subject, place, class, state, channel, ts, due_at, expires_at, next_at)
    values ('T1', 'digest:h1', 'digest:h1', 'digest', 'h1', 'C0SUPPORT', 1, 'shown', 'C0SUPPORT', '2.000000', 1, 9, 1);
