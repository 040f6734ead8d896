insert into said (workspace, channel, ts, check_in, run, text, beyond) values ('T1', 'D1', '9.000000', 'c1', 1, '', 1);
