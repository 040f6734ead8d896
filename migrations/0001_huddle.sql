-- One set for SQLite and PostgreSQL: TEXT and BIGINT only. Instants are UTC milliseconds (`…_at`), civil dates are TEXT,
-- truth values are 0 or 1. Every row belongs to one workspace. CHECKs are implications between columns, never lists of
-- states, because SQLite cannot change a CHECK; decoding refuses a state that it does not know.

-- A workspace that installed the app.
create table workspace (
    workspace   text   not null primary key,
    bot_user    text   not null,
    name        text   not null
);

create table team (
    workspace   text   not null,
    id          text   not null,
    name        text   not null,
    channel     text   not null,
    zone        text   not null,
    kept_in     text   not null,               -- 'file': changed by the teams file alone
    retired     bigint not null default 0,
    version     bigint not null default 1,
    primary key (workspace, id)
);

create table person (
    workspace   text   not null,
    id          text   not null,
    name        text   not null,
    zone        text   not null,               -- '' until Slack has told
    dm_channel  text   not null default '',
    deleted     bigint not null default 0,
    asked_slack_at bigint not null default 0,
    primary key (workspace, id)
);

create table member (
    workspace   text   not null,
    team        text   not null,
    person      text   not null,
    role        text   not null,               -- agent, manager, observer
    active      bigint not null default 1,
    primary key (workspace, team, person, role)
);

create table shift (
    workspace   text   not null,
    id          text   not null,
    team        text   not null,
    name        text   not null,
    starts      text   not null,               -- cron text, on the civil calendar
    zone        text   not null,               -- '' the team's, 'agent' each agent's own, else a zone of its own
    minutes     bigint not null,
    collect_ms  bigint not null,
    owes_from   bigint not null,               -- owes nothing before this instant
    next_at     bigint not null default 0,     -- look at it again at this instant
    retired     bigint not null default 0,
    version     bigint not null default 1,
    primary key (workspace, id)
);

create table roster (
    workspace   text   not null,
    shift       text   not null,
    person      text   not null,
    place       bigint not null,               -- order in the file
    since_at    bigint not null,
    until_at    bigint,
    primary key (workspace, shift, person, since_at)
);

create table huddle (
    workspace   text   not null,
    id          text   not null,
    team        text   not null,
    shift       text   not null,
    date        text   not null,
    opened_at   bigint not null,               -- the first start
    digest_at   bigint not null,               -- when the first collection window closes
    posted_at   bigint,
    state       text   not null,               -- gathering, posted, skipped
    reason      text   not null default '',
    version     bigint not null default 1,
    primary key (workspace, id),
    unique (workspace, shift, date),
    check (state <> 'posted' or posted_at is not null)
);

create table check_in (
    workspace   text   not null,
    id          text   not null,
    team        text   not null,
    shift       text   not null,
    huddle      text   not null,
    person      text   not null,
    date        text   not null,
    place       bigint not null,               -- its place in the digest's pages
    last        text   not null default '',    -- the check-in whose priorities question 1 asks about
    starts_at   bigint not null,
    ends_at     bigint not null,
    closes_at   bigint not null,
    remind_at   bigint,
    snooze_at   bigint,                        -- the second prompt is owed then
    snoozed     bigint not null default 0,
    state       text   not null,               -- asked, answered, missed, excused
    reason      text   not null default '',
    answered_at bigint,
    late        bigint not null default 0,
    last_text   text   not null default '',    -- question 1 in the agent's own words, where nothing was known of a last shift
    form_sent_at bigint,                       -- the form was sent: question 3 has an answer
    superseded  bigint not null default 0,     -- a later check-in of this person in this team exists
    version     bigint not null default 1,
    primary key (workspace, id),
    unique (workspace, shift, person, date),
    check (state <> 'answered' or answered_at is not null),
    check (state <> 'excused' or reason <> '')
);
create index check_in_person on check_in (workspace, person, starts_at);
create index check_in_huddle on check_in (workspace, huddle);
create index check_in_last on check_in (workspace, last) where last <> '';
create index check_in_due on check_in (workspace, state, closes_at);

-- Off today: whose check-ins that start on this date are excused.
create table away (
    workspace   text   not null,
    person      text   not null,
    date        text   not null,
    primary key (workspace, person, date)
);

-- What was typed in the direct message, as Slack has it; never overwritten by the form.
create table said (
    workspace   text   not null,
    channel     text   not null,
    ts          text   not null,
    check_in    text   not null,               -- '' for one that came after its own deletion
    run         bigint not null,               -- the question of ours that answers it
    text        text   not null,
    edited_ts   text   not null default '',
    deleted     bigint not null default 0,
    primary key (workspace, channel, ts)
);
create index said_check_in on said (workspace, check_in);

-- Which buttons of the typed conversation were pressed.
create table pressed (
    workspace   text   not null,
    check_in    text   not null,
    action_ts   text   not null,
    what        text   not null,
    said_ts     text   not null default '',    -- the typed message that it speaks of
    line        bigint not null default 0,
    primary key (workspace, check_in, action_ts, what, said_ts, line)
);

create table priority (
    workspace   text   not null,
    id          text   not null,
    team        text   not null,
    person      text   not null,
    check_in    text   not null,               -- where it was first given
    text        text   not null,
    said_ts     text   not null default '',    -- the typed message that it came from, else ''
    line        bigint not null default 0,
    said_text   text   not null default '',    -- what that line said when it was last read
    follows     bigint not null default 0,     -- 1: an edit of that message changes it
    stuck       text   not null default '',    -- the stuck that was taken, else ''
    gone        bigint not null default 0,
    position    bigint not null,
    version     bigint not null default 1,
    primary key (workspace, id)
);
create index priority_check_in on priority (workspace, check_in);
create index priority_stuck on priority (workspace, stuck);
create index priority_taken on priority (workspace, person) where stuck <> '';

-- A priority stands on the list of a check-in; a carried one stands on several, and the number of its rows is its age.
create table listed (
    workspace   text   not null,
    check_in    text   not null,
    priority    text   not null,
    mark        text   not null default 'none', -- none, done, carried, dropped: what became of it, said at the next check-in
    marked_ts   text   not null default '',
    position    bigint not null,
    primary key (workspace, check_in, priority)
);
create index listed_priority on listed (workspace, priority);

create table stuck (
    workspace   text   not null,
    id          text   not null,
    team        text   not null,
    huddle      text   not null,
    check_in    text   not null,
    asker       text   not null,
    place       bigint not null,               -- its place in the digest's pages
    what        text   not null,
    help        text   not null default '',
    helper      text   not null default '',    -- who could help, if the asker knows
    size        text   not null,               -- '', minute, more
    said_ts     text   not null default '',
    line        bigint not null default 0,
    said_text   text   not null default '',
    follows     bigint not null default 0,
    raised_at   bigint not null,
    opened_at   bigint,                        -- its help thread is owed since then
    edited      bigint not null default 0,
    state       text   not null,               -- open, taken, resolved, withdrawn
    taker       text   not null default '',
    taken_at    bigint,
    due_at      bigint,
    due_asked   bigint not null default 0,
    ended_by    text   not null default '',
    ended_at    bigint,
    outcome     text   not null default '',
    escalated_by text  not null default '',
    logs        bigint not null default 0,     -- replies of ours in its help thread
    version     bigint not null default 1,
    primary key (workspace, id),
    check (state <> 'taken' or (taker <> '' and taken_at is not null and due_at is not null)),
    check (state <> 'open' or taker = ''),
    check (state <> 'resolved' or (ended_by <> '' and ended_at is not null)),
    check (state <> 'withdrawn' or ended_at is not null)
);
create index stuck_huddle on stuck (workspace, huddle);
create index stuck_check_in on stuck (workspace, check_in);
create index stuck_due on stuck (workspace, state, due_at);

-- What happened, written in the transaction that did it: for people an audit, for tests an oracle, and the subject of
-- the messages that tell somebody of it.
create table journal (
    workspace   text   not null,
    id          text   not null,
    at          bigint not null,
    actor       text   not null,
    subject     text   not null,
    what        text   not null,
    detail      text   not null default '',
    other       text   not null default '',    -- the person whom it concerns besides the actor
    primary key (workspace, id)
);
create index journal_subject on journal (workspace, subject, at);

-- One Slack message of ours, for ever: which revision we want shown, and which is shown.
create table message (
    workspace   text   not null,
    key         text   not null,
    root        text   not null,               -- the document that it is a part of (its own key for the main part)
    part        text   not null default '',    -- which part; '' is the main one
    kind        text   not null,
    subject     text   not null,
    place       text   not null,               -- a channel, or a person for a direct message
    class       bigint not null,               -- posts go in this order: 0 answers somebody, 1 help threads and digests, 2 prompts, 3 the rest
    thread_of   text   not null default '',    -- key of the parent message
    after       text   not null default '',    -- key of the message that must be shown or dead before
    broadcast   bigint not null default 0,     -- a reply that the channel sees too
    wanted_rev  bigint not null default 1,
    shown_rev   bigint not null default 0,
    shown_hash  text   not null default '',
    channel     text   not null default '',    -- where it is, once posted
    ts          text,
    link        text   not null default '',
    state       text   not null default 'wanted', -- wanted, sending, doubtful, shown, dead
    due_at      bigint not null,
    expires_at  bigint not null,
    next_at     bigint not null,               -- not before this instant (due, back-off, Retry-After)
    tries       bigint not null default 0,
    unsettled   bigint not null default 0,     -- claims in a row whose holder never came back
    fence       bigint not null default 0,
    lease_until bigint,
    first_try_at bigint,
    last_try_at bigint,
    recheck_at  bigint,
    last_error  text   not null default '',
    primary key (workspace, key),
    check (state <> 'shown' or ts is not null),
    check (state <> 'sending' or lease_until is not null),
    check (state <> 'doubtful' or first_try_at is not null),
    check (state <> 'dead' or last_error <> '')
);
create index message_work on message (workspace, state, next_at);
create index message_recheck on message (workspace, recheck_at) where recheck_at is not null;
create index message_root on message (workspace, root);
create index message_subject on message (workspace, subject);
create index message_ts on message (workspace, channel, ts);

-- When the next call of a method, or the next post to a place, is free.
create table pace (
    workspace   text   not null,
    what        text   not null,               -- 'method' or 'method place'
    free_at     bigint not null,
    primary key (workspace, what)
);

-- What Slack has sent already.
create table seen (
    workspace   text   not null,
    id          text   not null,
    at          bigint not null,
    primary key (workspace, id)
);
create index seen_at on seen (workspace, at);
