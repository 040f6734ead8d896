-- What keeps messages from going out for longer than a back-off; the managers of its team are told of each once.
create table trouble (
    workspace   text   not null,
    id          text   not null,
    team        text   not null,               -- '' for what concerns the whole workspace
    what        text   not null,               -- archived, left, unseen, person, unposted, token
    subject     text   not null,               -- the channel or the person, else ''
    since_at    bigint not null,
    over_at     bigint,
    primary key (workspace, id)
);
create index trouble_of on trouble (workspace, team, what, subject, since_at);

-- Which trouble a dead message was told of with; '' not looked at yet, '-' nobody need be told.
alter table message add column trouble text not null default '';
-- What died before is history: nobody is told of it now.
update message set trouble = '-' where state = 'dead';
create index message_dead on message (workspace, trouble) where state = 'dead';

-- A backup was restored: what was posted between its making and the restore is in Slack and not in here.
create table restored (
    workspace   text   not null primary key,
    since_at    bigint not null,
    until_at    bigint not null
);
