//! The loops that run for as long as the data is open, each begun again when it breaks.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::{App, Inboxes, locked};
use crate::agenda;
use crate::ids::SessionId;
use crate::notice::{Notices, Unreadable};
use crate::outbox::dispatcher::InFlight;
use crate::outbox::receipt;
use crate::session::client::{Reply, Signal};
use crate::session::messenger::Arrived;
use crate::session::supervisor::InboundStore;
use crate::supervise::{Task, catch, supervise};

const AFTER_ERROR: Duration = Duration::from_secs(2);

impl App {
    pub(super) fn start_loops(&self, inboxes: Inboxes) {
        let sending = self.send();
        let agenda = self.keep_agenda();
        let marking = self.keep_mark();
        let scheduling = self.finish_schedulings();
        let values = self.settle_values();
        let (bulk, watching) = (self.take_in_bulk(), self.watch_folders());
        let phones = self.play_phones();
        let receipts = self.take_receipts(inboxes.practice, self.receipts_applied.clone());
        let replies = self.take_replies(inboxes.replies);
        let (telling, mailing) = (self.tell_webhooks(), self.send_mails());
        let mut stop = self.stop.subscribe();
        let end = tokio::spawn(async move {
            // The practice phones hold no promise in memory: what they did not get to is asked for at the next start.
            let _ = stop.wait_for(|stop| *stop).await;
            phones.abort();
            receipts.abort();
            replies.abort();
        });
        locked(&self.loops)
            .extend([sending, agenda, marking, scheduling, values, telling, mailing, bulk, watching, end]);
        *locked(&self.ticking) = Some(self.take_receipts(inboxes.linked, Arc::default()));
        self.numbers.run();
    }

    fn send(&self) -> JoinHandle<()> {
        let (dispatcher, stop, supervision) =
            (self.dispatcher.clone(), self.stop.subscribe(), self.supervision.clone());
        let flight = Arc::new(Mutex::new(InFlight::default()));
        tokio::spawn(async move {
            let run = || {
                let (dispatcher, flight, stop) = (dispatcher.clone(), flight.clone(), stop.clone());
                async move { dispatcher.run(&mut *flight.lock().await, stop).await }
            };
            supervise(Task::Sending, &supervision, run).await;
        })
    }

    fn keep_agenda(&self) -> JoinHandle<()> {
        let (agenda, stop, supervision) = (self.agenda.clone(), self.stop.subscribe(), self.supervision.clone());
        tokio::spawn(async move {
            supervise(Task::Agenda, &supervision, || agenda::run(&agenda, stop.clone())).await;
        })
    }

    fn tell_webhooks(&self) -> JoinHandle<()> {
        let (webhooks, stop, supervision) = (self.webhooks().clone(), self.stop.subscribe(), self.supervision.clone());
        tokio::spawn(async move {
            supervise(Task::Webhooks, &supervision, || webhooks.run(stop.clone())).await;
        })
    }

    fn send_mails(&self) -> JoinHandle<()> {
        let (mails, stop, supervision) = (self.mails().clone(), self.stop.subscribe(), self.supervision.clone());
        tokio::spawn(async move {
            supervise(Task::Mail, &supervision, || mails.run(stop.clone())).await;
        })
    }

    fn keep_mark(&self) -> JoinHandle<()> {
        let (mark, stop, supervision) = (self.mark.clone(), self.stop.subscribe(), self.supervision.clone());
        tokio::spawn(async move {
            supervise(Task::Folder, &supervision, || mark.every_minute(stop.clone())).await;
        })
    }

    fn finish_schedulings(&self) -> JoinHandle<()> {
        let campaigns = self.facets.campaigns_to_finish();
        let (supervision, outdated) = (self.supervision.clone(), self.dispatcher.outdated.clone());
        self.until_the_end(async move {
            let run = || async {
                campaigns.finish_schedulings().await;
                loop {
                    campaigns.finish_revisions().await;
                    outdated.notified().await;
                }
            };
            supervise(Task::Scheduling, &supervision, run).await;
        })
    }

    /// What an older version, an interrupted import or an act that was cut off left.
    fn settle_values(&self) -> JoinHandle<()> {
        let people = self.people().clone();
        self.until_the_end(async move {
            // An act may choose its people by their fields.
            people.settle_values().await;
            people.finish_acts().await;
            people.finish_erasures().await;
        })
    }

    /// Lists of messages that programs asked for, also those that a crash cut off.
    fn take_in_bulk(&self) -> JoinHandle<()> {
        let (programs, supervision) = (self.facets.programs_to_run(), self.supervision.clone());
        self.until_the_end(async move {
            supervise(Task::Scheduling, &supervision, || programs.keep_taking_in()).await;
        })
    }

    /// What programs write into the folders of triggers.
    fn watch_folders(&self) -> JoinHandle<()> {
        let (programs, supervision) = (self.facets.programs_to_run(), self.supervision.clone());
        self.until_the_end(async move {
            supervise(Task::Watching, &supervision, || programs.keep_watching()).await;
        })
    }

    /// What is cut off in its middle when the data are closed, and goes on at the next start.
    fn until_the_end(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let mut stop = self.stop.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = work => {}
            }
        })
    }

    fn play_phones(&self) -> JoinHandle<()> {
        let (practice, supervision) = (self.practice.clone(), self.supervision.clone());
        tokio::spawn(async move { supervise(Task::Practice, &supervision, || practice.run()).await })
    }

    pub(super) fn take_receipts(&self, arriving: mpsc::Receiver<Arrived>, applied: Arc<AtomicU64>) -> JoinHandle<()> {
        let (db, events, supervision) = (self.db.clone(), self.events.clone(), self.supervision.clone());
        let inbox = Arc::new(Mutex::new(receipt::Inbox::new(arriving, applied)));
        tokio::spawn(async move {
            let run = || async { receipt::run(&db, &events, &supervision.notices, &mut *inbox.lock().await).await };
            supervise(Task::Receipts, &supervision, run).await;
        })
    }

    fn take_replies(&self, replies: mpsc::Receiver<Reply>) -> JoinHandle<()> {
        let (inbound, practice, supervision) = (self.inbound.clone(), self.practice_id, self.supervision.clone());
        let replies = Mutex::new(replies);
        tokio::spawn(async move {
            let run = || async {
                let mut replies = replies.lock().await;
                while let Some(reply) = replies.recv().await {
                    keep_reply(inbound.as_ref(), &supervision.notices, practice, reply).await;
                }
            };
            supervise(Task::Replies, &supervision, run).await;
        })
    }
}

/// What the practice people write is kept like anybody's.
async fn keep_reply(inbound: &dyn InboundStore, notices: &Notices, practice: SessionId, reply: Reply) {
    let signal = Signal::Reply(reply);
    loop {
        match catch(inbound.store(practice, &signal)).await {
            Ok(Ok(_)) => return,
            Ok(Err(error)) if error.passes() => {
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            }
            Ok(Err(error)) => tracing::error!(%error, "an answer of a practice person is set aside"),
            Err(panicked) => tracing::error!(%panicked, "an answer of a practice person is set aside"),
        }
        return notices.tell(Unreadable::Signal);
    }
}
