//! Serves `target/site` on this machine only, with the headers that a careful host would send.

use std::{io::ErrorKind, net::Ipv4Addr, path::Path};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, header::CONTENT_TYPE},
    middleware::{self, Next},
    response::Response,
};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::{root, say, site};

/// How many ports after the wanted one are tried.
const TRIES: u16 = 20;

/// That of the `<meta>` in www/index.html, and `frame-ancestors`, which a `<meta>` cannot hold.
/// `connect-src 'self'` is the proof that pictures stay on the device.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
    require-trusted-types-for 'script'; trusted-types easel; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 5] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("permissions-policy", "camera=(self)"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-cache"),
];

/// Builds, unless told not to, and serves until interrupted.
pub fn serve(port: u16, dev: bool, no_build: bool) -> Result<()> {
    if !no_build {
        site::build(dev)?;
    }
    let site = root().join("target/site");
    ensure!(
        site.join("index.html").exists(),
        "target/site is not built; type: cargo xtask build"
    );
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let listener = listen(port).await?;
            say(format!(
                "serving http://{}/ (Ctrl+C ends it)",
                listener.local_addr()?
            ));
            let interrupted = async {
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                result = axum::serve(listener, router(&site)) => Ok(result?),
                () = interrupted => Ok(()),
            }
        })
}

fn router(site: &Path) -> Router {
    Router::new()
        .fallback_service(ServeDir::new(site).precompressed_br())
        .layer(middleware::from_fn(with_headers))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let is_module = request.uri().path().ends_with(".mjs");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    // `ServeDir` says `application/javascript`, which HTML has made obsolete.
    if is_module && headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript"));
    }
    response
}

/// The wanted port, or the next one that is free.
async fn listen(port: u16) -> Result<TcpListener> {
    let last = port.saturating_add(TRIES);
    for port in port..=last {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                say(format!("port {port} is taken"))
            }
            result => return result.with_context(|| format!("cannot listen on port {port}")),
        }
    }
    anyhow::bail!("ports {port} to {last} are taken; choose another with --port")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_brings_the_policy_of_the_header_to_hosts_that_send_none() {
        let page = std::fs::read_to_string(root().join("www/index.html")).unwrap();
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let (policy, _) = CONTENT_SECURITY_POLICY
            .split_once("; frame-ancestors")
            .unwrap();
        assert!(
            page.contains(policy),
            "www/index.html does not hold: {policy}"
        );
    }

    #[tokio::test]
    async fn a_taken_port_gives_way_to_the_next_on_this_machine_only() {
        let listener = listen(48_017).await.unwrap();
        let taken = listener.local_addr().unwrap();
        let next = listen(taken.port()).await.unwrap().local_addr().unwrap();
        assert!(next.port() > taken.port(), "{next} after {taken}");
        assert!(next.ip().is_loopback(), "{next}");
    }
}
