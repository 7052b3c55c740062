//! The writer: one thread that owns the writing connection, and takes the groups that wait for it into one transaction.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rusqlite::Connection as Db;
use switchboard_store::{Result, Write, Written};
use tokio::sync::oneshot;

use crate::commit::commit;
use crate::fault::{closed, database};

/// Writes that one transaction takes from several waiting groups at most; a single larger group is taken whole.
const MOST: usize = 512;

enum Job {
    Commit(Group),
    Run(Box<dyn FnOnce(&mut Db) + Send>),
}

struct Group {
    writes: Vec<Write>,
    reply: oneshot::Sender<Result<Vec<Written>>>,
}

/// The way to the writer's thread. What was handed in is finished even if the asker stops waiting, and before the writer closes.
#[derive(Debug)]
pub struct Writer {
    /// `None` once it is closed.
    thread: Mutex<Option<(Sender<Job>, JoinHandle<()>)>>,
}

impl Writer {
    /// Starts the thread. The ownership of the file ends with it.
    pub fn start(mut db: Db, ownership: File) -> io::Result<Self> {
        let (sender, jobs) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                work(&mut db, &jobs);
                let _ = db.execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize;");
                if let Err((_, error)) = db.close() {
                    tracing::warn!(%error, "the database did not close cleanly; nothing that was committed is lost");
                }
                drop(ownership);
            })?;
        Ok(Self {
            thread: Mutex::new(Some((sender, thread))),
        })
    }

    pub async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Commit(Group { writes, reply }))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Run(Box::new(move |db| drop(reply.send(work(db))))))?;
        answer.await.map_err(|_| closed())?.map_err(database)
    }

    fn send(&self, job: Job) -> Result<()> {
        match &*self.thread.lock() {
            Some((sender, _)) => sender.send(job).map_err(|_| closed()),
            None => Err(closed()),
        }
    }

    /// Finishes what was handed in and closes the file.
    pub async fn close(&self) {
        if let Some(thread) = self.stop() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    fn stop(&self) -> Option<JoinHandle<()>> {
        self.thread.lock().take().map(|(_, thread)| thread)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(thread) = self.stop() {
            let _ = thread.join();
        }
    }
}

fn work(db: &mut Db, jobs: &Receiver<Job>) {
    let mut next = jobs.recv().ok();
    while let Some(job) = next.take() {
        match job {
            Job::Run(work) => work(db),
            Job::Commit(first) => {
                let mut groups = vec![first];
                let mut size = groups[0].writes.len();
                while size < MOST {
                    match jobs.try_recv() {
                        Ok(Job::Commit(group)) => {
                            size += group.writes.len();
                            groups.push(group);
                        }
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                together(db, groups);
            }
        }
        if next.is_none() {
            next = jobs.recv().ok();
        }
    }
}

/// Commits several groups in one transaction. If that fails each gets one of its own, so that none suffers for another.
fn together(db: &mut Db, mut groups: Vec<Group>) {
    if groups.len() > 1 {
        let all = groups.iter().flat_map(|group| group.writes.iter().cloned()).collect();
        if let Ok(answers) = commit(db, all) {
            let mut answers = answers.into_iter();
            for group in groups {
                let part = answers.by_ref().take(group.writes.len()).collect();
                let _ = group.reply.send(Ok(part));
            }
            return;
        }
    }
    for group in groups.drain(..) {
        let _ = group.reply.send(commit(db, group.writes));
    }
}
