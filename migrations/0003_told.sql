-- In which later huddle's digest a huddle that was not held is told of; '' until then.
alter table huddle add column told_in text not null default '';
