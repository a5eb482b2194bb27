"""What OnRecord is measured against. Never imported by the product."""
