//! nginx as a proxy with one worker, connections to the server kept, as its own manual says to set it up.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

pub struct Nginx {
    pub address: SocketAddr,
    child: Child,
    _home: tempfile::TempDir,
}

impl Nginx {
    /// `None` where there is no nginx.
    pub fn start(upstream: SocketAddr) -> Option<Self> {
        let home = tempfile::tempdir().ok()?;
        // A free port, as far as can be known beforehand.
        let address = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
        let path = home.path().display();
        let config = format!(
            "daemon off; master_process on; worker_processes 1; error_log {path}/error.log; pid {path}/pid;
             events {{ worker_connections 4096; }}
             http {{
                 access_log off; client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
                 fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u; scgi_temp_path {path}/s;
                 keepalive_requests 100000000; client_max_body_size 0;
                 upstream api {{ server {upstream}; keepalive 128; keepalive_requests 100000000; }}
                 server {{
                     listen {address};
                     location / {{
                         proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection \"\";
                         proxy_request_buffering off;
                     }}
                 }}
             }}"
        );
        std::fs::write(home.path().join("nginx.conf"), config).ok()?;
        let nginx = ["nginx", "/usr/sbin/nginx"].into_iter().find_map(|program| {
            Command::new(program)
                .arg("-p")
                .arg(home.path())
                .arg("-c")
                .arg(home.path().join("nginx.conf"))
                .stderr(Stdio::null())
                .spawn()
                .ok()
        });
        let Some(child) = nginx else {
            println!("nginx is not installed: the door is measured alone");
            return None;
        };
        let nginx = Self {
            address,
            child,
            _home: home,
        };
        while nginx.cpu().is_empty() || std::net::TcpStream::connect(address).is_err() {
            std::thread::yield_now();
        }
        Some(nginx)
    }

    /// Where the system tells the CPU time of the workers.
    pub fn cpu(&self) -> Vec<String> {
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = std::fs::read_to_string(children).unwrap_or_default();
        children
            .split_whitespace()
            .map(|pid| format!("/proc/{pid}/schedstat"))
            .collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The workers end with their master when it is asked to.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
