ALTER TABLE "trigger_firings" VALIDATE CONSTRAINT "trigger_firings_run_check";
