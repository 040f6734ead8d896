//! A database of its own for each world: a file, or a schema.

use std::path::Path;

use anyhow::Context;
use sqlx::{AssertSqlSafe, PgPool};
use unstuck::store::Db;

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
