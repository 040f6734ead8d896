//! Databases that open, and with which nobody should live: they are refused, or told with their
//! remedy.

use crate::program::{Ended, Program, slack};
use crate::world::TEAMS;
use sqlx::{AssertSqlSafe, PgPool};
use std::time::Duration;
use unstuck::store::caution::cautions;

#[track_caller]
fn refused(ended: &Ended, words: &[&str]) {
    assert_eq!((ended.code, ended.err.trim().lines().count()), (1, 1), "{}{}", ended.out, ended.err);
    words.iter().for_each(|one| assert!(ended.err.contains(one), "{one}: {}", ended.err));
    assert!(!ended.err.contains("hush"), "{}", ended.err);
}

/// Each command with one line; `check` among what is wrong.
async fn all_refuse(program: &Program, words: &[&str]) {
    program.writes("teams.toml", TEAMS);
    for args in [["serve"].as_slice(), &["apply", "teams.toml"], &["dead", "list"]] {
        refused(&program.run(args).await, words);
    }
    let checked = program.run(&["check"]).await;
    let wrong: Vec<&str> = checked.out.lines().filter(|line| line.starts_with("wrong ")).collect();
    assert!(checked.code == 1 && wrong.len() == 1, "{}", checked.out);
    words.iter().for_each(|one| assert!(wrong[0].contains(one), "{one}: {}", checked.out));
}

/// A database of its own on the server of the tests, which goes with it.
struct Own {
    admin: PgPool,
    name: String,
    url: String,
}

impl Own {
    async fn new(name: &str, how: &str) -> Own {
        let base = std::env::var("UNSTUCK_TEST_POSTGRES").expect("scripts/test");
        let (server, _) = base.rsplit_once('/').expect("a database");
        let name = format!("{name}_{}", std::process::id());
        let own =
            Own { admin: PgPool::connect(&base).await.expect("PostgreSQL"), url: format!("{server}/{name}"), name };
        own.does(&format!("drop database if exists {} with (force)", own.name)).await;
        own.does(&format!("create database {} {how}", own.name)).await;
        own
    }

    async fn does(&self, sql: &str) {
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&self.admin).await.expect("done");
    }

    async fn goes(self) {
        self.does(&format!("drop database {} with (force)", self.name)).await;
    }
}

#[tokio::test]
async fn a_postgres_that_cannot_hold_every_letter_is_refused() {
    let slack = slack(|_| {}).await;
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let how = format!("encoding '{encoding}' lc_collate 'C' lc_ctype 'C' template template0");
        let own = Own::new(&format!("unstuck_{}", encoding.to_lowercase()), &how).await;
        let program = Program::on(&slack).set("DATABASE_URL", &own.url);
        all_refuse(&program, &[&own.name, &format!("keeps its texts as {encoding}"), "createdb --encoding UTF8"]).await;
        own.goes().await;
    }
}

#[tokio::test]
async fn a_postgres_that_takes_no_writes_is_refused() {
    let slack = slack(|_| {}).await;
    let own = Own::new("unstuck_read", "").await;
    let program =
        Program::on(&slack).set("DATABASE_URL", format!("{}?options[default_transaction_read_only]=on", own.url));
    let words = [&own.name, "takes no writes (default_transaction_read_only is on)", "turn that off"];
    all_refuse(&program, &words).await;
    own.does(&format!("alter database {} set default_transaction_read_only = on", own.name)).await;
    all_refuse(&program.set("DATABASE_URL", &own.url), &words).await;
    own.goes().await;
}

#[test]
fn postgres_over_a_network_without_tls_is_told() {
    let far = ["db.example.com", "10.0.0.7", "[2001:db8::7]", "localhost.example.com", "127.0.0.1.example.com"];
    for host in far {
        for query in ["", "?sslmode=prefer", "?sslmode=allow", "?sslmode=disable"] {
            let told = cautions(&format!("postgres://unstuck:hush@{host}/unstuck{query}"));
            assert_eq!(told.len(), 1, "{host}{query}");
            assert!(
                told[0].contains("sslmode=verify-full") && told[0].contains(host.trim_matches(['[', ']'])),
                "{told:?}"
            );
            assert!(!told[0].contains("hush"), "{told:?}");
        }
        for mode in ["require", "verify-ca", "verify-full"] {
            assert!(
                cautions(&format!("postgresql://unstuck:hush@{host}/unstuck?sslmode={mode}")).is_empty(),
                "{host} {mode}"
            );
        }
    }
    let near = [
        "postgres://unstuck@localhost/unstuck",
        "postgres://127.0.0.1:5433/unstuck",
        "postgres://127.1.2.3/unstuck",
        "postgres://[::1]/unstuck",
        "postgres://%2Fvar%2Frun%2Fpostgresql/unstuck",
        "postgres:///unstuck?host=/var/run/postgresql",
    ];
    for url in near {
        assert_eq!(cautions(url), Vec::<String>::new(), "{url}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_in_memory_is_said_to_forget_everything() {
    let slack = slack(|_| {}).await;
    for url in
        ["sqlite://:memory:", "sqlite::memory:", "sqlite://?mode=memory", "sqlite:x.db?cache=shared&mode=%6Demory"]
    {
        let program = Program::on(&slack).set("DATABASE_URL", url);
        program.writes("teams.toml", TEAMS);
        let before = slack.connections();
        let mut running = program.start(&["serve", "--teams", "teams.toml"]);
        running.until("connections", |_| (slack.connections() == before + 2).then_some(())).await;
        let told = running.err().lines().filter(|line| line.contains("forgets everything when the bot stops")).count();
        assert_eq!(told, 1, "{url}: {}", running.err());
        running.told("-TERM");
        running.ends_within(Duration::from_secs(20)).await;
        let checked = program.run(&["check"]).await;
        let noted =
            checked.out.lines().filter(|line| line.starts_with("note  ") && line.contains("forgets everything"));
        assert_eq!((checked.code, noted.count()), (0, 1), "{url}: {}", checked.out);
        for args in [["apply", "teams.toml"].as_slice(), &["dead", "list"], &["doubt", "--since", "1h"]] {
            refused(&program.run(args).await, &["is in memory and forgets everything at the end of each command"]);
        }
        assert!(!program.folder.path().join("x.db").exists(), "{url}");
    }
}
