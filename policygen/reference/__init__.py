"""What AWS says exists: services, actions, resource types, condition keys, quotas, partitions."""
