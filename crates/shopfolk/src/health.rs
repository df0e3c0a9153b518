//! `shopfolk health`: whether a running server is ready, for where nothing else can ask it.

mod unverified;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::serve::listen_address;

/// How long the server may take, to connect and to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Which server.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  shopfolk health --listen 127.0.0.1:8080")]
pub(crate) struct Arguments {
    /// The address the server listens on
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SHOPFOLK_LISTEN",
        default_value = "127.0.0.1:8080",
        value_parser = listen_address
    )]
    listen: SocketAddr,
}

/// Asks the server.
///
/// # Errors
/// When it cannot be reached, does not answer in time, or is not ready.
pub(crate) fn run(Arguments { listen }: &Arguments) -> Result<ExitCode> {
    let status = ask(*listen).with_context(|| format!("the server at {listen} cannot be asked"))?;
    if code(&status) != Some("200") {
        bail!("the server at {listen} is not ready: it answered '{}'", status.trim());
    }
    Ok(ExitCode::SUCCESS)
}

/// The first line of the answer.
fn ask(address: SocketAddr) -> Result<String> {
    let status = ask_over(connect(address)?, address)?;
    // So a server with TLS answers who comes without it.
    if code(&status) == Some("400") {
        return ask_over(unverified::encrypt(connect(address)?, address.ip())?, address);
    }
    Ok(status)
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    Ok(stream)
}

fn ask_over(mut stream: impl Read + Write, address: SocketAddr) -> Result<String> {
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    stream.flush()?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    Ok(status)
}

fn code(status: &str) -> Option<&str> {
    status.split(' ').nth(1)
}
