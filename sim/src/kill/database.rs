//! A database of its own for each world: a file, or a schema.

use std::path::Path;

use anyhow::Context;
use sqlx::{AssertSqlSafe, PgPool};
use unstuck::store::Db;

use super::place::WORKSPACE;

/// The key of a message that only a newer build knows how to show.
pub const POEM: &str = "poem:1";

/// Which kind, and for PostgreSQL where.
#[derive(Clone, Debug)]
pub enum Which {
    Sqlite,
    Postgres(String),
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Which, String> {
        match text {
            "sqlite" => Ok(Which::Sqlite),
            url if url.starts_with("postgres") => Ok(Which::Postgres(url.to_owned())),
            _ => Err("sqlite, or an address that begins with postgres://".to_owned()),
        }
    }
}

pub struct Database {
    url: String,
    /// Where the schema is, and its name.
    schema: Option<(String, String)>,
}

impl Database {
    pub async fn create(which: &Which, folder: &Path, name: &str) -> anyhow::Result<Database> {
        match which {
            Which::Sqlite => Ok(Database { url: format!("sqlite://{}/unstuck.db", folder.display()), schema: None }),
            Which::Postgres(base) => {
                run(base, &format!("drop schema if exists {name} cascade")).await?;
                run(base, &format!("create schema {name}")).await?;
                let url = format!("{base}?options[search_path]={name}");
                Ok(Database { url, schema: Some((base.clone(), name.to_owned())) })
            }
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Beside the program; close it again, so that a kill leaves the file to nobody.
    pub async fn open(&self) -> anyhow::Result<Db> {
        Db::open(&self.url).await
    }

    /// A build of tomorrow was here: it knows one more migration, and wants a message of a kind of its own, which is due.
    pub async fn meets_a_newer_build(&self) -> anyhow::Result<()> {
        let db = self.open().await?;
        let migration = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             select 9000, 'of tomorrow', success, checksum, execution_time from _sqlx_migrations where version = 1";
        let message = format!(
            "insert into message (workspace, key, root, kind, subject, place, class, due_at, expires_at, next_at)
             values ('{WORKSPACE}', '{POEM}', '{POEM}', 'poem', '', 'C0SUPPORT', 0, 0, {}, 0)",
            i64::MAX
        );
        match &db {
            Db::Sqlite(pool, ..) => {
                sqlx::query(AssertSqlSafe(migration)).execute(pool).await?;
                sqlx::query(AssertSqlSafe(message)).execute(pool).await?;
            }
            Db::Postgres(pool, ..) => {
                sqlx::query(AssertSqlSafe(migration)).execute(pool).await?;
                sqlx::query(AssertSqlSafe(message)).execute(pool).await?;
            }
        }
        db.close().await;
        Ok(())
    }

    pub async fn drop(&self) -> anyhow::Result<()> {
        match &self.schema {
            Some((base, name)) => run(base, &format!("drop schema {name} cascade")).await,
            None => Ok(()),
        }
    }
}

async fn run(base: &str, sql: &str) -> anyhow::Result<()> {
    let pool = PgPool::connect(base).await.context("PostgreSQL cannot be reached")?;
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&pool).await?;
    pool.close().await;
    Ok(())
}
