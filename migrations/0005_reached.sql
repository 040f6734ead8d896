-- Whether anything was posted since a trouble began, in one place or anywhere, is asked at every turn for as long as it stands.
create index message_reached_at on message (workspace, place, ts) where ts is not null;
create index message_reached on message (workspace, ts) where ts is not null;
