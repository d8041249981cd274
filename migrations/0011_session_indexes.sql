DROP INDEX "runner_sessions_tenant_key_index";--> statement-breakpoint
DROP INDEX "runner_sessions_api_key_index";--> statement-breakpoint
CREATE INDEX "runner_sessions_tenant_key_index" ON "runner_sessions" USING btree ("tenant_id","api_key_id");--> statement-breakpoint
CREATE INDEX "runner_sessions_api_key_index" ON "runner_sessions" USING btree ("api_key_id","expires_at");