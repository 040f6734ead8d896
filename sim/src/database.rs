//! Where a seed keeps its rows, and a look at them that does not go through the product.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, PgPool, Row};
use unstuck::store::Db;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Which database a run uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file in memory where the machine offers that.
    Sqlite,
    /// A schema of its own in the database at this address.
    Postgres(String),
}

impl Place {
    pub fn read(text: &str) -> Place {
        if text == "sqlite" { Place::Sqlite } else { Place::Postgres(text.to_owned()) }
    }

    pub fn argument(&self) -> String {
        match self {
            Place::Sqlite => String::new(),
            Place::Postgres(_) => " --database postgres://…".to_owned(),
        }
    }
}

/// The database of one seed; it goes with the run.
pub struct Database {
    pub url: String,
    look: Db,
    schema: Option<(String, String)>,
    _files: tempfile::TempDir,
}

impl Database {
    pub async fn new(place: &Place) -> anyhow::Result<Database> {
        let memory = std::path::Path::new("/dev/shm");
        let files = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
        let mut schema = None;
        let url = match place {
            Place::Sqlite => format!("sqlite://{}/sim.db", files.path().display()),
            Place::Postgres(base) => {
                let name = format!("sim{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
                let admin = PgPool::connect(base).await?;
                for sql in [format!("drop schema if exists {name} cascade"), format!("create schema {name}")] {
                    sqlx::query(AssertSqlSafe(sql)).execute(&admin).await?;
                }
                admin.close().await;
                schema = Some((base.clone(), name.clone()));
                format!("{base}?options[search_path]={name}")
            }
        };
        Ok(Database { look: Db::open(&url).await?, url, schema, _files: files })
    }

    /// Every column as text; what is null is empty.
    pub async fn rows(&self, columns: &[&str], rest: impl Into<String>) -> anyhow::Result<Vec<Vec<String>>> {
        let texts: Vec<String> = columns.iter().map(|name| format!("coalesce(cast({name} as text), '')")).collect();
        let sql = format!("select {} {}", texts.join(", "), rest.into());
        let count = columns.len();
        Ok(match &self.look {
            Db::Sqlite(pool, ..) => {
                let found = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await?;
                found.iter().map(|row| (0..count).map(|at| row.get::<String, _>(at)).collect()).collect()
            }
            Db::Postgres(pool, ..) => {
                let found = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await?;
                found.iter().map(|row| (0..count).map(|at| row.get::<String, _>(at)).collect()).collect()
            }
        })
    }

    /// The order in which rows were written.
    pub fn written(&self) -> &'static str {
        match self.look {
            Db::Sqlite(..) => "rowid",
            Db::Postgres(..) => "ctid",
        }
    }

    /// What makes one text of many.
    pub fn joins(&self) -> &'static str {
        match self.look {
            Db::Sqlite(..) => "group_concat",
            Db::Postgres(..) => "string_agg",
        }
    }

    pub async fn close(self) {
        self.look.close().await;
        let Some((base, name)) = self.schema else { return };
        if let Ok(admin) = PgPool::connect(&base).await {
            let dropped = sqlx::query(AssertSqlSafe(format!("drop schema {name} cascade"))).execute(&admin).await;
            if let Err(error) = dropped {
                eprintln!("the schema {name} is left: {error}");
            }
            admin.close().await;
        }
    }
}
