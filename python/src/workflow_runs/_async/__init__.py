"""The client. `workflow_runs/_sync` is made of this folder by `npm run client:types`: change only this one."""
