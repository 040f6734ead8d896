insert into trouble (workspace, id, team, what, subject, since_at) values ('T1', 'tr1', 'tier-1', 'archived', 'C0SUPPORT', 5);
insert into restored (workspace, since_at, until_at) values ('T1', 1, 5);
