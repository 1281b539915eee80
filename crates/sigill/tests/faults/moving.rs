//! A migration that dies at any step of closing what it leaves: run again it arrives, and the keys that it
//! has left behind are gone (laws 1, 2 and 4).

use std::fs;

use testkit::{Cluster, until};

use crate::disk::{Disk, Faults, Left, migration};
use crate::life::Past;
use crate::{every_step, run};

#[test]
fn whichever_step_of_a_migration_is_the_last_the_next_one_arrives() {
    let past = run(Past::some());
    every_step(8, |step| dies_at(&past, step));
}

async fn dies_at(past: &Past, step: u64) -> bool {
    let cluster = Cluster::shared();
    let disk = Disk::new(past.data());
    let database = cluster.database();
    let killed = !disk.migrate(Faults::Kill(step), &database);
    // What has come to the database by then, for either end of the disk.
    let name = database.rsplit('/').next().unwrap();
    let postgres = cluster.url("postgres");
    let asked = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'");
    until("nobody is at it", async || cluster.ask(&postgres, &asked) == "0").await;
    let other = cluster.url(&format!("{name}_cut"));
    cluster.ask(&postgres, &format!("CREATE DATABASE {name}_cut TEMPLATE {name}"));
    for (left, database) in [(Left::ByTheProcess, &database), (Left::ByThePowerCut, &other)] {
        let data = disk.left(left);
        let again = !killed || migration(&data, database).status().unwrap().success();
        assert!(again, "{step}, {left:?}");
        assert!(data.join("sigill.db.moved").exists(), "{step}, {left:?}: it is set aside");
        // A power cut may bring the name back, and nothing that was in the file.
        let keys = fs::read(data.join("secret.keys")).unwrap_or_default();
        assert!(keys.iter().all(|byte| *byte == 0), "{step}, {left:?}: keys are left");
        let options = ["--database", database, "--blobs", "directory"];
        let process = disk.restart_with(left, &options).await;
        let said = past.life(step).conclude(process.address).await;
        assert!(said.is_ok(), "{step}, {left:?}: {}", said.unwrap_err());
    }
    killed
}
