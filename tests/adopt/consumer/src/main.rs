//! A queue in memory: its messages have headers, as those of Kafka, NATS or AMQP have. The consumer continues the trace of
//! each message's producer; a batch is a trace of its own that is linked to all of them.

use std::{collections::HashMap, time::Duration};

use obs_axum::obs_core::{
    Obs,
    context::{self, RequestContext},
    propagation, trace,
};
use tokio::sync::mpsc;

struct Message {
    headers: HashMap<String, String>,
    order: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Obs::builder("orders").init()?;
    let (queue, mut messages) = mpsc::channel(10);

    let mut produced = Vec::new();
    for order in [7, 8] {
        let send = async {
            let mut headers = HashMap::new();
            propagation::inject(&mut |name, value| drop(headers.insert(name.to_owned(), value.to_owned())));
            queue.send(Message { headers, order }).await?;
            tracing::info!(order, "sent");
            Ok::<_, mpsc::error::SendError<_>>(context::current().map(|context| context.trace_id()))
        };
        produced.push(context::in_new(trace::in_span("send orders", send)).await?);
    }
    drop(queue);

    let (mut batch, mut consumed) = (Vec::new(), Vec::new());
    while let Some(message) = messages.recv().await {
        let producer = propagation::extract(&message.headers);
        let work = async {
            tracing::info!(order = message.order, "received");
            consumed.push(context::current().map(|context| context.trace_id()));
        };
        context::in_continued(&producer, trace::process_span("memory", "orders").run(work)).await;
        batch.push(producer);
    }
    let linked = context::run_in(RequestContext::linked_to(&batch), || {
        trace::process_span("memory", "orders").run_blocking(|| {
            tracing::info!(orders = batch.len(), "a batch");
            context::current().map(|context| context.trace_id())
        })
    });
    telemetry.shutdown(Duration::from_secs(5))?;
    println!("traces of producer and consumer are the same: {}", produced == consumed);
    println!("the batch has a trace of its own: {}", !produced.contains(&linked));
    Ok(())
}
