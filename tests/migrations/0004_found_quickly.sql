insert into journal (workspace, id, at, actor, subject, what) values ('T1', 'j0', 1, 'U1', 's0', 'taken');
