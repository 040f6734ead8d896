//! Where a run keeps its rows, and a look at them that does not go through the product.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Row};
use unstuck::store::Db;

use crate::wall::{self, run};

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Which database a run uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file, of the simulation in memory where the machine offers that.
    Sqlite,
    /// A schema of its own in the database at this address.
    Postgres(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        match text {
            "sqlite" => Ok(Place::Sqlite),
            url if url.starts_with("postgres") => Ok(Place::Postgres(url.to_owned())),
            _ => Err("sqlite, or an address that begins with postgres://".to_owned()),
        }
    }
}

impl Place {
    pub fn argument(&self) -> String {
        match self {
            Place::Sqlite => String::new(),
            Place::Postgres(_) => " --database postgres://…".to_owned(),
        }
    }
}

/// An empty file or schema; it stays until it is dropped.
pub struct Home {
    pub url: String,
    /// Where the schema is, and its name.
    schema: Option<(String, String)>,
}

impl Home {
    /// A file in the folder, or a schema of this name.
    pub async fn new(place: &Place, folder: &Path, name: &str) -> anyhow::Result<Home> {
        match place {
            Place::Sqlite => Ok(Home { url: format!("sqlite://{}/unstuck.db", folder.display()), schema: None }),
            Place::Postgres(base) => {
                run(base, &[format!("drop schema if exists {name} cascade"), format!("create schema {name}")]).await?;
                let url = format!("{base}?options[search_path]={name}");
                Ok(Home { url, schema: Some((base.clone(), name.to_owned())) })
            }
        }
    }

    /// The same for the rows of one workspace: PostgreSQL shows and takes no others once the wall
    /// is up.
    async fn walled(place: &Place, folder: &Path, name: &str, workspace: &str) -> anyhow::Result<Home> {
        match place {
            Place::Sqlite => Home::new(place, folder, name).await,
            Place::Postgres(base) => {
                let url = wall::schema(base, name, workspace).await?;
                Ok(Home { url, schema: Some((base.clone(), name.to_owned())) })
            }
        }
    }

    /// Beside the program; close it again, so that a kill leaves the file to nobody.
    pub async fn open(&self) -> anyhow::Result<Db> {
        Db::open(&self.url).await
    }

    /// A file goes with its folder.
    pub async fn drop(self) -> anyhow::Result<()> {
        match self.schema {
            Some((base, name)) => run(&base, &[format!("drop schema {name} cascade")]).await,
            None => Ok(()),
        }
    }
}

/// The database of one seed, looked at all the time; it goes with the run.
pub struct Database {
    pub url: String,
    home: Home,
    look: Db,
    _files: tempfile::TempDir,
}

impl Database {
    pub async fn new(place: &Place, workspace: &str) -> anyhow::Result<Database> {
        let memory = Some(PathBuf::from("/dev/shm")).filter(|memory| memory.is_dir());
        let files = tempfile::tempdir_in(memory.unwrap_or_else(std::env::temp_dir))?;
        let name = format!("sim{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let home = Home::walled(place, files.path(), &name, workspace).await?;
        let look = home.open().await?;
        wall::raise(&look).await?;
        Ok(Database { url: home.url.clone(), look, home, _files: files })
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
        if let Err(error) = self.home.drop().await {
            eprintln!("a schema is left: {error:#}");
        }
    }
}
