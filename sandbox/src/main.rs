//! A sandbox with a small made-up workspace, for any bot to be pointed at.

use std::net::SocketAddr;

use sandbox::{Sandbox, Setup, sample};

const USAGE: &str = "usage: sandbox [--port N]   (a free port where none is named)";

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let port = match port(std::env::args().skip(1)) {
        Ok(port) => port,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return std::process::ExitCode::from(2);
        }
    };
    let workspace = sample();
    let app = workspace.app.clone();
    let setup = Setup { address: SocketAddr::from(([127, 0, 0, 1], port)), ..Setup::new(workspace) };
    let sandbox = match Sandbox::start(setup).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            eprintln!("cannot listen on port {port}: {error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    println!("page             {}", sandbox.page_url());
    println!("SLACK_API_URL    {}", sandbox.api_url());
    println!("SLACK_BOT_TOKEN  {}", app.bot_token);
    println!("SLACK_APP_TOKEN  {}", app.app_token);
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("cannot wait for Ctrl-C: {error}");
    }
    sandbox.stop().await;
    std::process::ExitCode::SUCCESS
}

fn port(mut args: impl Iterator<Item = String>) -> Result<u16, String> {
    match (args.next().as_deref(), args.next(), args.next()) {
        (None, ..) => Ok(0),
        (Some("--port"), Some(port), None) => port.parse().map_err(|_| format!("{port} is not a port")),
        (Some(other), ..) => Err(format!("cannot read the arguments at {other}")),
    }
}
