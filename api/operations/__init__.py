"""What an operator needs: metrics, readiness, retention, backup and restore."""
