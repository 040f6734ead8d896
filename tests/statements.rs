//! No statement of the store reaches the rows of another workspace. Each is read off the sources
//! and judged by what is written; PostgreSQL judges those that the tests execute once more, see
//! `wall.rs`.

mod bound;
mod reader;

use crate::databases::{self, BOTH, Which};
use bound::wrong;
use reader::Executed;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use unstuck::store::Db;

/// What may leave out the workspace, word for word, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "src/store/clock.rs",
        // The time is nobody's.
        "select cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint) as at",
    ),
    // Which workspaces there are is asked before one is chosen.
    ("src/store/people.rs", "select workspace as id from workspace order by workspace"),
    // What a server is is the same for all.
    (
        "src/store/pool.rs",
        "select current_setting('server_encoding'), pg_is_in_recovery(), current_setting('transaction_read_only')",
    ),
    // A backup holds all of them.
    ("src/store/backup.rs", "vacuum into $1"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the store asks of its tables, and not of SQLite itself.
fn statements() -> Vec<Executed> {
    let all = reader::read(root(), "src/store");
    assert!(all.len() > 140, "only {} statements were found", all.len());
    all.into_iter().filter(|one| !one.sql.starts_with("pragma ")).collect()
}

/// The tables of the migrations: each of them holds rows of workspaces.
fn tables() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in fs::read_dir(root().join("migrations")).expect("migrations") {
        let text = fs::read_to_string(file.expect("a file").path()).expect("text").to_lowercase();
        for made in text.split("create table ").skip(1) {
            let (name, columns) = made.split_once('(').expect("columns");
            let first = columns.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
            assert!(first.starts_with("workspace text not null"), "the first column of {name}");
            found.insert(name.trim().to_owned());
        }
    }
    assert!(found.len() >= 20, "{found:?}");
    found
}

#[test]
fn every_table_of_every_statement_is_bound_to_the_workspace() {
    let tables = tables();
    let mut told = Vec::new();
    let mut unused: Vec<_> = EXCEPTIONS.iter().collect();
    for Executed { file, sql, first } in statements() {
        let mut found = wrong(&sql, &tables);
        if !["workspace", "& workspace"].contains(&first.as_str()) {
            found.push(format!("$1 is `{first}` and not the workspace"));
        }
        let excused = unused.iter().position(|(of, text)| *of == file && *text == sql);
        match excused {
            Some(at) if !found.is_empty() => drop(unused.remove(at)),
            _ => told.extend(found.into_iter().map(|what| format!("{file}: {what}\n    {sql}"))),
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(unused.is_empty(), "exceptions that nobody needs: {unused:?}");
}

#[tokio::test]
async fn both_databases_understand_every_statement() {
    let all = statements();
    let mut wrong = Vec::new();
    for which in BOTH {
        let database = databases::open(which).await;
        // Only a server has a clock and settings of its own, and locks to pass by, and only a file
        // can be copied by a statement.
        let foreign = match which {
            Which::Sqlite => ["clock_timestamp", "current_setting", "skip locked"].as_slice(),
            Which::Postgres => &["vacuum into"],
        };
        for Executed { sql, .. } in all.iter().filter(|one| !foreign.iter().any(|word| one.sql.contains(word))) {
            let text = AssertSqlSafe(sql.clone()).into_sql_str();
            let prepared = match &database.db {
                Db::Sqlite(pool, _) => pool.prepare(text).await.map(drop),
                Db::Postgres(pool) => pool.prepare(text).await.map(drop),
            };
            wrong.extend(prepared.err().map(|error| format!("{which:?}: {error}\n{sql}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What must be refused, each with a word of the reason.
const REFUSED: &[(&str, &str)] = &[
    // A table without it; bound to something else; bound by name only.
    ("select * from message where key = $2", "message is not bound"),
    ("select * from message where workspace = $2", "message is not bound"),
    ("select * from message where workspace = 'T1'", "message is not bound"),
    ("select * from message where workspace <> $1", "message is not bound"),
    ("select * from message where workspace in ($1)", "message is not bound"),
    ("select * from message having workspace = $1", "message is not bound"),
    // A join whose other side is bound only through the first; by `using`; by a comma.
    (
        "select * from stuck s join huddle h on h.workspace = s.workspace and h.id = s.huddle where s.workspace = $1",
        "h is not bound",
    ),
    ("select * from stuck s join huddle h using (workspace, id) where s.workspace = $1", "h is not bound"),
    ("select * from stuck s natural join huddle h where s.workspace = $1", "h is not bound"),
    ("select * from stuck s, huddle h where s.workspace = $1 and h.id = s.huddle", "h is not bound"),
    ("select * from stuck, huddle where workspace = $1", "stuck is not bound"),
    ("select * from stuck s cross join (huddle h join team t on t.workspace = $1) where s.workspace = $1", "h is"),
    // A sub-query, wherever it stands.
    (
        "select * from message m where m.workspace = $1
         and exists (select 1 from message p where p.workspace = m.workspace and p.key = m.thread_of)",
        "p is not bound",
    ),
    (
        "select * from message m where m.workspace = $1
         and exists (select 1 from message p where m.workspace = $1 and p.key = m.thread_of)",
        "p is not bound",
    ),
    ("select * from message where workspace = $1 and subject in (select id from huddle)", "huddle is not bound"),
    ("select (select count(*) from stuck s where s.team = t.id) from team t where t.workspace = $1", "s is not"),
    ("select 1 from team where workspace = $1 order by (select max(at) from seen)", "seen is not bound"),
    ("select n from (select count(*) as n from stuck) as counted", "stuck is not bound"),
    ("select team from check_in where workspace = $1 union select team from huddle", "huddle is not bound"),
    // An `or` that lets the rest in; a `not`; a `case`.
    ("select * from message where workspace = $1 or key = $2", "message is not bound"),
    ("select * from message where (workspace = $1 and key = $2) or key = $3", "message is not bound"),
    ("select * from message where not (workspace = $1)", "message is not bound"),
    ("select * from message where case when workspace = $1 then true else true end", "message is not bound"),
    // The condition of an outer join keeps the rows of the other side.
    ("select * from stuck s left join huddle h on s.workspace = $1 and h.workspace = $1", "s is not bound"),
    ("select * from stuck s right join huddle h on s.workspace = $1 and h.workspace = $1", "h is not bound"),
    ("select * from stuck s full join huddle h on s.workspace = $1 and h.workspace = $1", "s is not bound"),
    // A query with a name: in itself, and as a mask for a table.
    ("with old as (select * from huddle where id = $2) select * from old where workspace = $1", "huddle is not"),
    ("with gone as (delete from seen where at < $2 returning id) select * from gone", "seen is not bound"),
    ("with message as (select 1 as key) select * from message", "has its name"),
    ("select m.key from message as m(workspace, key) where m.workspace = $1", "other names"),
    // What writes.
    ("update message set link = $3 where key = $2", "message is not bound"),
    ("update message set workspace = $2 where workspace = $1", "does not change its workspace"),
    ("update message as m set link = s.what from stuck s where m.workspace = $1 and s.id = m.subject", "s is not"),
    ("update huddle set told_in = (select max(id) from huddle h) where workspace = $1", "h is not bound"),
    ("delete from seen where at < $2", "seen is not bound"),
    ("delete from seen using trouble t where seen.workspace = $1 and t.id = seen.id", "t is not bound"),
    ("insert into seen (id, at) values ($2, $3)", "inserted is not $1"),
    ("insert into seen values ($1, $2, $3)", "inserted is not $1"),
    ("insert into seen (workspace, id, at) values ($2, $1, $3)", "inserted is not $1"),
    ("insert into seen (workspace, id, at) values ($1, $2, $3), ($2, $2, $3)", "inserted is not $1"),
    ("insert into seen (workspace, id, at) select workspace, id, $2 from stuck where workspace = $1", "inserted is"),
    ("insert into seen (workspace, id, at) select $1, id, $2 from stuck", "stuck is not bound"),
    ("insert into seen (id, workspace, at) select s.*, $1, $2 from stuck s where s.workspace = $1", "inserted is"),
    (
        "insert into seen (workspace, id, at) values ($1, $2, $3) on conflict (id) do update set at = excluded.at",
        "may be another workspace's",
    ),
    (
        "insert into seen (workspace, id, at) values ($1, $2, $3)
         on conflict (workspace, id) do update set workspace = excluded.id",
        "does not change its workspace",
    ),
    (
        "insert into seen (workspace, id, at) values ($1, $2, $3)
         on conflict (workspace, id) do update set at = (select max(at) from journal)",
        "journal is not bound",
    ),
    ("insert into seen (workspace, id, at) values ($1, (select max(id) from stuck), $3)", "stuck is not bound"),
    // Parameters without a type, on Citus; and what is no statement of rows.
    ("select case state when 'shown' then 1 else 0 end from message where workspace = $1", "case when x ="),
    ("select 1", "names no table"),
    ("truncate message", "neither select"),
    ("select * from pg_class where workspace = $1", "no table of ours"),
    ("select * from message where workspace = $1; delete from message", "message is not bound"),
    ("select * frm message", "cannot be read"),
];

const LET_PASS: &[&str] = &[
    "select * from message where workspace = $1",
    "select * from message m where ((key = $2 or key = $3) and ($1 = m.workspace))",
    "select * from stuck s join huddle h on h.workspace = $1 and h.id = s.huddle where s.workspace = $1",
    "select * from stuck s join huddle h on h.id = s.huddle where s.workspace = $1 and h.workspace = $1",
    "select * from roster r left join person p on p.workspace = $1 and p.id = r.person where r.workspace = $1",
    "select min(n) from (select count(*) as n from stuck where workspace = $1 union all select 0) as counted",
    "with old as (select * from huddle where workspace = $1) select * from old o join old p on p.id = o.id",
    "update message set link = s.what from stuck s where message.workspace = $1 and s.workspace = $1",
    "insert into seen (id, workspace, at) select id, $1, $2 from stuck where workspace = $1
     on conflict (workspace, id) do nothing",
    "select case when state = 'shown' then 1 else 0 end from message where workspace = $1 for update",
];

#[test]
fn what_could_reach_another_workspace_is_refused() {
    let tables = tables();
    for (sql, reason) in REFUSED {
        let told = wrong(sql, &tables).join("\n");
        assert!(told.contains(reason), "{sql}\nshould be refused for \"{reason}\", and was for: {told}");
    }
    for sql in LET_PASS {
        assert_eq!(wrong(sql, &tables), Vec::<String>::new(), "{sql}");
    }
}

/// A source of the store, in the ways in which statements are written there.
const SOURCE: &str = r#"
    const ALL: &str = "select * from team";
    macro_rules! open { () => { "state = 'open'" }; }
    macro_rules! due { () => { concat!("select * from stuck where ", open!()) }; }
    macro_rules! by_engine {
        ($tx:expr, $text:ident) => { if $tx.skip() { concat!($text!(), " skip locked") } else { $text!() } };
    }
    async fn asks(tx: &mut Tx) -> Result<()> {
        let sql = "delete from seen where workspace = $1";
        run!(tx, sql, &workspace, now)?;
        { let sql = by_engine!(tx, due); rows!(tx, row, sql, workspace)?; }
        Ok(won(run!(tx, concat!("delete from stuck where ", open!()))?) && !rows!(tx, row, ALL, now)?.is_empty())
    }
"#;

#[test]
fn the_reader_of_statements_sees_what_it_should() {
    let read = |text: &str| reader::statements(&[("src/store/x.rs".to_owned(), text.to_owned())]);
    let found = read(SOURCE);
    let found: Vec<_> = found.iter().map(|one| (one.sql.as_str(), one.first.as_str())).collect();
    assert_eq!(
        found,
        [
            ("delete from seen where workspace = $1", "& workspace"),
            ("delete from stuck where state = 'open'", ""),
            ("select * from stuck where state = 'open'", "workspace"),
            ("select * from stuck where state = 'open' skip locked", "workspace"),
            ("select * from team", "now"),
        ]
    );
    for unreadable in [
        "fn a() { run!(tx, made_elsewhere()) }",
        "fn a(sql: &str) { run!(tx, sql) }",
        "fn a() { let mut sql = \"select 1\"; sql = b; run!(tx, sql) }",
        "fn a() { tx.execute(\"delete from seen where at < 1\") }",
        "macro_rules! hidden { ($sql:expr) => { sqlx::query($sql) }; }",
    ] {
        assert!(std::panic::catch_unwind(|| read(unreadable)).is_err(), "{unreadable}");
    }
}
