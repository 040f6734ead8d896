-- What its sender was told, where a payload was refused: its repeat changes nothing, and is told the same. '' for what was done.
alter table seen add column refused text not null default '';
