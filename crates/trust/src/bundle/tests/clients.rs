//! Clients that are found on this machine, against a server that signs for whatever name it is asked, as a thief of the intermediate's key
//! would: they must reach a permitted host and refuse any other.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Output;
use std::sync::Arc;
use std::thread;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

#[derive(Debug)]
struct Thief(Authority);

impl ResolvesServerCert for Thief {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(sign(&self.0, hello.server_name()?, SystemTime::now()).ok()?.key)
    }
}

/// Serves until the test ends; its port.
fn serve(authority: Authority) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Thief(authority)));
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            let mut line = String::new();
            // A client that refuses the certificate ends here.
            while stream.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            let _ = stream
                .get_mut()
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            stream.get_mut().conn.send_close_notify();
            let _ = stream.get_mut().flush();
        }
    });
    port
}

/// What this machine may have told its clients.
const SETTINGS: [&str; 7] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "https_proxy",
];

/// Runs a client for a permitted host and another; `command` gets the bundle's directory, the host and the port.
fn check(program: &str, refusal: &str, command: impl Fn(&mut Command, &Path, &str, u16)) {
    let dir = TempDir::new().unwrap();
    let ours = authority();
    Bundle::new(dir.path()).write(ours.root()).unwrap();
    let port = serve(ours);
    let run = |host: &str| -> Option<Output> {
        let mut client = Command::new(program);
        for variable in SETTINGS {
            client.env_remove(variable);
        }
        command(&mut client, dir.path(), host, port);
        client.output().ok()
    };
    let Some(permitted) = run("api.openai.com") else {
        println!("skipped: no {program}");
        return;
    };
    assert!(permitted.status.success() && said(&permitted).contains("ok"), "{}", said(&permitted));
    let other = run("bank.test").unwrap();
    assert!(!other.status.success() && said(&other).contains(refusal), "{}", said(&other));
}

const PYTHON: &str = "
import socket, ssl, sys
context = ssl.create_default_context()
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(('127.0.0.1', int(sys.argv[2]))) as raw, context.wrap_socket(raw, server_hostname=sys.argv[1]) as tls:
    tls.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')
    print(tls.recv(1000).decode())
";

const NODE: &str = "
const [host, port] = process.argv.slice(1);
const socket = require('tls').connect({ host: '127.0.0.1', port: Number(port), servername: host }, () => socket.write('GET / HTTP/1.1\\r\\n\\r\\n'));
socket.on('data', (data) => console.log(String(data)));
socket.on('error', (error) => { console.error(error.message); process.exit(1); });
";

const JAVA: &str = "
import java.net.Socket;
import javax.net.ssl.*;
class Client {
  public static void main(String[] a) throws Exception {
    int port = Integer.parseInt(a[1]);
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    try (SSLSocket s = (SSLSocket) factory.createSocket(new Socket(\"127.0.0.1\", port), a[0], port, true)) {
      SSLParameters p = s.getSSLParameters();
      p.setEndpointIdentificationAlgorithm(\"HTTPS\");
      s.setSSLParameters(p);
      s.getOutputStream().write(\"GET / HTTP/1.1\\r\\n\\r\\n\".getBytes());
      System.out.println(new String(s.getInputStream().readAllBytes()));
    }
  }
}
";

#[test]
fn curl_by_file_and_by_directory() {
    for (variable, place) in
        [("SSL_CERT_FILE", "bundle.pem"), ("SSL_CERT_DIR", "hashed"), ("CURL_CA_BUNDLE", "bundle.pem")]
    {
        check("curl", "permitted subtree violation", |client, dir, host, port| {
            client.args(["-sS", "--noproxy", "*", "--resolve"]).arg(format!("{host}:{port}:127.0.0.1"));
            client.arg(format!("https://{host}:{port}/")).env(variable, dir.join(place));
        });
    }
}

#[test]
fn python_in_strict_mode_by_file_and_by_directory() {
    for (variable, place) in [("SSL_CERT_FILE", "bundle.pem"), ("SSL_CERT_DIR", "hashed")] {
        check("python3", "permitted subtree violation", |client, dir, host, port| {
            client.args(["-c", PYTHON, host, &port.to_string()]).env(variable, dir.join(place));
        });
    }
}

#[test]
fn node_by_the_root_alone() {
    check("node", "permitted subtree violation", |client, dir, host, port| {
        client.args(["-e", NODE, host, &port.to_string()]).env("NODE_EXTRA_CA_CERTS", dir.join("root.pem"));
    });
}

#[test]
fn java_by_the_trust_store() {
    if Command::new("javac").arg("-version").output().is_err() {
        println!("skipped: no javac, which java needs to run a source file");
        return;
    }
    check("java", "PKIX path validation failed", |client, dir, host, port| {
        let source = dir.join("Client.java");
        fs::write(&source, JAVA).unwrap();
        client
            .arg(format!("-Djavax.net.ssl.trustStore={}", dir.join("truststore.p12").display()))
            .args(["-Djavax.net.ssl.trustStoreType=PKCS12", "-Djavax.net.ssl.trustStorePassword=changeit"])
            .arg(source)
            .args([host, &port.to_string()]);
    });
}
