insert into seen (workspace, id, at, refused) values ('T1', 'Ev-refused', 5, '{"Line":"Ben has this"}');
