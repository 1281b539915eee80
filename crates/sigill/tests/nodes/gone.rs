//! Gone is gone, whichever node dies before it has cleaned up (law 4).

use testkit::calls::burn;
use testkit::{Cluster, until};

use crate::Nodes;

/// How many secrets are burned: fewer than bring PostgreSQL's own vacuum about.
const BURNED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_destroyed_before_it_was_killed_is_vacuumed_by_another() {
    let cluster = Cluster::shared();
    let mut nodes = Nodes::start(2, &cluster.database()).await;
    for _ in 0..BURNED {
        let shared = nodes.share(1).await;
        assert_eq!(burn(&shared.receipt).of(nodes.address(1)).await.status, 200);
    }
    nodes.all[1].kill();
    for table in ["secret_keys", "payloads"] {
        let sql = format!(
            "SELECT n_tup_del >= {BURNED} AND n_dead_tup = 0
                 FROM pg_stat_user_tables WHERE relname = '{table}'"
        );
        until("no old version of a row is left", async || {
            cluster.ask(&nodes.database, &sql) == "t"
        })
        .await;
    }
}
