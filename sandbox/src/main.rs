//! A sandbox with a small made-up workspace, for any bot to be pointed at.

use std::net::SocketAddr;
use std::time::Duration;

use sandbox::{RequestUrls, Sandbox, Setup, sample};

const USAGE: &str = "usage: sandbox [--port N] [--events URL]… [--interactivity URL]… [--commands URL]…
  a free port where none is named; with request URLs the app is served over HTTP, otherwise in Socket Mode";

#[derive(Default)]
struct Options {
    port: u16,
    urls: RequestUrls,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    if std::env::args().skip(1).any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}");
        return std::process::ExitCode::SUCCESS;
    }
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return std::process::ExitCode::from(2);
        }
    };
    let workspace = sample();
    let app = workspace.app.clone();
    let setup = Setup { address: SocketAddr::from(([127, 0, 0, 1], options.port)), ..Setup::new(workspace) };
    let sandbox = match Sandbox::start(setup).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            eprintln!("cannot listen on port {}: {error}", options.port);
            return std::process::ExitCode::FAILURE;
        }
    };
    println!("page                  {}", sandbox.page_url());
    println!("SLACK_API_URL         {}", sandbox.api_url());
    println!("SLACK_BOT_TOKEN       {}", app.bot_token);
    println!("SLACK_APP_TOKEN       {}", app.app_token);
    println!("SLACK_SIGNING_SECRET  {}", app.signing_secret);
    let ended = tokio::select! {
        ended = tokio::signal::ctrl_c() => ended,
        ended = serve(&sandbox, options.urls) => ended,
    };
    if let Err(error) = ended {
        eprintln!("cannot wait for Ctrl-C: {error}");
    }
    sandbox.stop().await;
    std::process::ExitCode::SUCCESS
}

/// The app needs the addresses above before it can answer a challenge: it is asked until it does.
async fn serve(sandbox: &Sandbox, urls: RequestUrls) -> std::io::Result<()> {
    let mut said = String::new();
    while urls != RequestUrls::default() {
        match sandbox.saves_request_urls(urls.clone()).await {
            Ok(()) => {
                println!("the request URLs answer: events and presses go out over HTTP");
                break;
            }
            Err(why) if why.to_string() != said => {
                said = why.to_string();
                println!("{said}; it is asked again");
            }
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    std::future::pending().await
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("cannot read the arguments at {name}"))?;
        match name.as_str() {
            "--port" => options.port = value.parse().map_err(|_| format!("{value} is not a port"))?,
            "--events" => options.urls.events.push(value),
            "--interactivity" => options.urls.interactivity.push(value),
            "--commands" => options.urls.commands.push(value),
            _ => return Err(format!("cannot read the arguments at {name}")),
        }
    }
    Ok(options)
}
