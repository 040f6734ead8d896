//! Row-level security: in the tests' PostgreSQL a session sees and writes the rows of one
//! workspace, whatever a statement says. Production needs none of it, because each statement names
//! its workspace; here the database itself says so of what is really executed.

use anyhow::Context;
use sqlx::{AssertSqlSafe, PgPool};
use unstuck::store::Db;

/// The owner of the tables. It is no superuser, because for those there is no wall.
const ROLE: &str = "unstuck_tests";

/// Around every table that has a workspace, and is not walled yet. The two exceptions: which
/// workspaces there are may be asked by anybody, and `Db::takes_writes` notes in `seen` what is
/// nobody's, and takes it back.
const WALL: &str = "do $$
declare
    name text;
begin
    for name in
        select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
          and a.attname = 'workspace' and not c.relrowsecurity
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own on %I
            using (workspace = current_setting(''unstuck.workspace'', true))', name);
        if name = 'workspace' then
            create policy which on workspace for select using (true);
        elsif name = 'seen' then
            create policy nobodys on seen using (workspace = '');
        end if;
    end loop;
end $$";

/// Makes an empty schema of this name. The address that it gives is for one workspace, whose tables
/// are walled once they are there.
pub async fn schema(base: &str, name: &str, workspace: &str) -> anyhow::Result<String> {
    // Another process may make the role at the same moment.
    let role = format!(
        "do $$ begin create role {ROLE};
         exception when duplicate_object or unique_violation then null; end $$"
    );
    let drop = format!("drop schema if exists {name} cascade");
    let make = format!("create schema {name} authorization {ROLE}");
    run(base, &[role, drop, make]).await?;
    Ok(format!("{base}?options[role]={ROLE}&options[unstuck.workspace]={workspace}&options[search_path]={name}"))
}

/// Walls the tables of a database that was opened through such an address. SQLite has no walls.
pub async fn raise(db: &Db) -> anyhow::Result<()> {
    if let Db::Postgres(pool) = db {
        sqlx::raw_sql(WALL).execute(pool).await.context("the wall around the tables")?;
    }
    Ok(())
}

/// Statements of a superuser.
pub(crate) async fn run(base: &str, statements: &[String]) -> anyhow::Result<()> {
    let pool = PgPool::connect(base).await.context("PostgreSQL cannot be reached")?;
    for sql in statements {
        sqlx::query(AssertSqlSafe(sql.clone())).execute(&pool).await?;
    }
    pool.close().await;
    Ok(())
}
