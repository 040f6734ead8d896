//! What a company puts between the bot and Slack: a proxy that takes CONNECT, and certificates of
//! its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The names under which the front may be reached.
const NAMES: [&str; 3] = ["slack.test", "wss.slack.test", "127.0.0.1"];

/// Speaks TLS in front of a sandbox, with a certificate that only whoever knows its maker trusts.
pub struct Front {
    pub address: SocketAddr,
    listener: TcpListener,
    tls: TlsAcceptor,
    maker: String,
}

impl Front {
    pub async fn new() -> Front {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut params = CertificateParams::new(Vec::new()).expect("a maker of certificates");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let maker = params.self_signed(&key).expect("its certificate").pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(NAMES.map(str::to_owned)).expect("names");
        let certificate = params.signed_by(&key, &issuer).expect("a certificate").der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a server");
        let address = listener.local_addr().expect("an address");
        Front { address, listener, tls: TlsAcceptor::from(Arc::new(tls)), maker }
    }

    /// The file that SSL_CERT_FILE names.
    pub fn writes_maker(&self, folder: &tempfile::TempDir) -> String {
        let path: PathBuf = folder.path().join("maker.pem");
        std::fs::write(&path, &self.maker).expect("written");
        path.display().to_string()
    }

    pub fn before(self, behind: SocketAddr) -> JoinHandle<()> {
        tokio::spawn(async move {
            while let Ok((stream, _)) = self.listener.accept().await {
                let tls = self.tls.clone();
                tokio::spawn(async move {
                    let Ok(mut here) = tls.accept(stream).await else { return };
                    let Ok(mut there) = TcpStream::connect(behind).await else { return };
                    let _ = copy_bidirectional(&mut here, &mut there).await;
                });
            }
        })
    }
}

/// Whom it was asked for, and in whose name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub target: String,
    pub by: String,
}

/// A proxy that takes CONNECT: whatever name it is asked for, behind it stands one front.
#[derive(Clone)]
pub struct Proxy {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    /// Answers with the status that the judge gives, and lets 200 through.
    pub async fn before(front: SocketAddr, judge: impl Fn(&Asked) -> u16 + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let proxy = Proxy { address, asked: Arc::default() };
        let (known, judge) = (proxy.clone(), Arc::new(judge));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (known, judge) = (known.clone(), judge.clone());
                tokio::spawn(async move {
                    let _ = known.serve(stream, front, &*judge).await;
                });
            }
        });
        proxy
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("what it was asked").clone()
    }

    async fn serve(
        &self,
        stream: TcpStream,
        front: SocketAddr,
        judge: &(dyn Fn(&Asked) -> u16 + Send + Sync),
    ) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut asked = Asked { target: String::new(), by: String::new() };
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => break,
                ["CONNECT", target, _] => asked.target = (*target).to_owned(),
                [name, rest @ ..] if name.eq_ignore_ascii_case("proxy-authorization:") => asked.by = rest.join(" "),
                _ => {}
            }
        }
        let status = judge(&asked);
        self.asked.lock().expect("what it was asked").push(asked);
        stream.write_all(format!("HTTP/1.1 {status} So\r\n\r\n").as_bytes()).await?;
        if status == 200 {
            let mut there = TcpStream::connect(front).await?;
            copy_bidirectional(&mut stream, &mut there).await?;
        }
        Ok(())
    }
}
